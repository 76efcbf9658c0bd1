using HdrHistogram;

namespace OrleansTasks.Samples.QueueHarness;

/// <summary>Counts tasks and records latencies of the last 30 seconds. Thread-safe.</summary>
public sealed class Measures(Settings settings)
{
    private const int WindowSeconds = 30;
    private readonly Dictionary<string, Queue<LongHistogram>> windows = [];
    private readonly Lock gate = new();
    private long enqueued, completed, enqueuedBefore, completedBefore;

    /// <summary>The waiting tasks, as last read.</summary>
    public long Depth { get; set; }

    /// <summary>Records tasks that the service has accepted, and how long each took.</summary>
    public void Enqueued(int tasks, TimeSpan each)
    {
        Interlocked.Add(ref enqueued, tasks);
        Record("producer", each.TotalMilliseconds, tasks);
    }

    /// <summary>Records that a task has started, so many milliseconds after its submission began.</summary>
    public void Started(double milliseconds)
    {
        Record("claim", milliseconds);
        Record("subscriber", milliseconds);
    }

    /// <summary>Records that a task has ended.</summary>
    public void Completed(double milliseconds)
    {
        Interlocked.Increment(ref completed);
        Record("end_to_end", milliseconds);
    }

    /// <summary>Returns the samples since the last call: name, value and window in seconds.</summary>
    public IEnumerable<(string Metric, double Value, int Window)> Take()
    {
        var samples = new List<(string, double, int)>();
        lock (gate)
        {
            foreach (var (name, window) in windows)
            {
                var all = NewHistogram();
                foreach (var part in window)
                    all.Add(part);
                foreach (var percentile in (int[])[50, 95, 99])
                    samples.Add(($"{name}_p{percentile}_ms", all.GetValueAtPercentile(percentile) / 1_000.0, WindowSeconds));
                window.Enqueue(NewHistogram());
                while (window.Count > WindowSeconds / settings.SampleSeconds)
                    window.Dequeue();
            }
        }

        var (started, ended) = (Interlocked.Read(ref enqueued), Interlocked.Read(ref completed));
        samples.Add(("enqueue_rate", (started - enqueuedBefore) / (double)settings.SampleSeconds, settings.SampleSeconds));
        samples.Add(("completion_rate", (ended - completedBefore) / (double)settings.SampleSeconds, settings.SampleSeconds));
        (enqueuedBefore, completedBefore) = (started, ended);
        if (settings.Instance == 0)
        {
            samples.Add(("queue_depth", Depth, 0));
            samples.Add(("producer_target_rate", Settings.Rate(), 0));
        }

        return samples;
    }

    // In microseconds, up to an hour.
    private static LongHistogram NewHistogram() => new(3_600_000_000, 3);

    private void Record(string name, double milliseconds, long count = 1)
    {
        lock (gate)
        {
            if (!windows.TryGetValue(name, out var window))
                windows[name] = window = new Queue<LongHistogram>([NewHistogram()]);
            window.Last().RecordValueWithCount(Math.Clamp((long)(milliseconds * 1_000), 0, 3_600_000_000), count);
        }
    }
}
