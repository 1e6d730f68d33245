"""An embedded colony with bots that are real executors, and the tutorial's examples as short programs."""
