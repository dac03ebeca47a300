"""The pages of the console: pure, from what the API answered to HTML."""
