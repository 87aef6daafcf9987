"""Labs: figures and controls on the screen, one lab a file."""

from ..plotly_js import PlotlyJs

PlotlyJs.shared()  # first of all, so that the page unpacks it while Python imports torch
