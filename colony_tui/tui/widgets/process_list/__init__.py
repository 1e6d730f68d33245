"""The list of processes: its rows as values, their arrangement, the widget, and the pane with tabs and filter."""

from colony_tui.tui.widgets.process_list.arrange import ListTab
from colony_tui.tui.widgets.process_list.pane import ListPane
from colony_tui.tui.widgets.process_list.rows import ProcessRowData
from colony_tui.tui.widgets.process_list.widget import ProcessList

__all__ = ["ListPane", "ListTab", "ProcessList", "ProcessRowData"]
