"""Times work on the GPU: captured in a CUDA graph, replayed, median of the replays."""

import statistics

import torch


def captured(work):
    """A graph of one `work()`; two calls before it keep compilation and first-call set-up out."""
    torch.cuda.synchronize()  # the inputs were made on another stream
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        work()
        work()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    # Collectives have a watchdog thread of their own, whose calls must not end the capture.
    with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
        work()
    torch.cuda.synchronize()
    return graph


def elapsed_us(action):
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    action()
    end.record()
    end.synchronize()
    return 1e3 * begin.elapsed_time(end)


def replay_us(graph, agreed=lambda number: number, budget_us=400e3, fewest=5, most=60):
    """(median, spread in per cent, replays) of single replays; `agreed` makes a number the same on all GPUs."""
    graph.replay()
    estimate = agreed(elapsed_us(graph.replay))
    for _ in range(min(10, int(30e3 / estimate) + 1)):  # to the clock it keeps under this load
        graph.replay()
    count = max(fewest, min(most, int(budget_us / estimate)))
    times = [elapsed_us(graph.replay) for _ in range(count)]
    middle = statistics.median(times)
    low, high = sorted(times)[count // 10], sorted(times)[-1 - count // 10]
    return middle, 100 * (high - low) / middle, count


def call_us(call, slots, window_us=3000.0):
    """Median time of call(slot) inside a graph of many calls that goes round the slots."""
    few = captured(lambda: [call(i % slots) for i in range(min(8, max(2, slots)))])
    estimate = min(elapsed_us(few.replay) for _ in range(3)) / min(8, max(2, slots))
    count = max(2, min(400, int(window_us / estimate)))
    graph = captured(lambda: [call(i % slots) for i in range(count)])
    graph.replay()
    graph.replay()
    times = sorted(elapsed_us(graph.replay) / count for _ in range(7))
    return times[3], 100 * (times[-1] - times[0]) / times[3]
