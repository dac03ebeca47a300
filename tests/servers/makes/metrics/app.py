"""The Prometheus client's example: the metrics of a program, and nothing else."""

import sys
import time

from prometheus_client import start_http_server

start_http_server(int(sys.argv[2]), addr=sys.argv[1])
while True:
    time.sleep(60)
