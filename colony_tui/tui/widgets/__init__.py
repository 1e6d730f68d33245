"""Widgets: each draws values of the store and reports by messages what a person wants. None decides, none waits."""
