"""Streamlit's first app."""

import streamlit as st

st.title("Uber pickups in NYC")
st.write("Hello, world!")
