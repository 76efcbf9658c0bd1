using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansTasks.Bench.Harness;

/// <summary>
/// Records when the machine itself stood still, so that answers which are late for that reason can be told from those that
/// the service delayed. One thread on each core sleeps for 5 ms at a time and records a stall when it wakes up 20 ms late,
/// as it does when the host gives the core to another guest. Another thread records small synced writes that take 20 ms.
/// Runs until it is disposed.
/// </summary>
public sealed partial class StallWatch : IDisposable
{
    private const int SleepMilliseconds = 5;
    private const int WritePause = 20;
    private const double LeastStall = 20;
    private readonly Lock gate = new();
    private readonly List<(long From, long To)> stalls = [];
    private readonly string path = Path.Combine(Path.GetTempPath(), $"stall-{Guid.NewGuid():N}.tmp");
    private readonly Thread[] watchers;
    private volatile bool isOver;

    /// <summary>Starts to watch.</summary>
    public StallWatch()
    {
        watchers =
        [
            .. Enumerable.Range(0, Math.Min(Environment.ProcessorCount, 64)).Select(core => new Thread(() => Sleep(core)) { IsBackground = true }),
            new Thread(Write) { IsBackground = true },
        ];
        foreach (var watcher in watchers)
            watcher.Start();
    }

    /// <summary>
    /// The milliseconds of a time span, in timestamps of <see cref="Stopwatch"/>, in which the machine stood still.
    /// </summary>
    public double Stalled(long from, long to)
    {
        lock (gate)
        {
            var (sum, reached) = (0L, from);
            foreach (var stall in stalls.Where(stall => stall.To > from && stall.From < to).OrderBy(static stall => stall.From))
            {
                var end = Math.Min(stall.To, to);
                sum += Math.Max(0, end - Math.Max(stall.From, reached));
                reached = Math.Max(reached, end);
            }

            return Stopwatch.GetElapsedTime(0, sum).TotalMilliseconds;
        }
    }

    /// <summary>The longest time for which the machine stood still, in milliseconds; 0 when it never did.</summary>
    public double Longest()
    {
        lock (gate)
            return stalls.Select(static stall => Stopwatch.GetElapsedTime(stall.From, stall.To).TotalMilliseconds).DefaultIfEmpty().Max();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        isOver = true;
        foreach (var watcher in watchers)
            watcher.Join();
        File.Delete(path);
    }

    private void Sleep(int core)
    {
        // Where a core is not allowed, its thread watches from another one.
        _ = SetAffinity(0, sizeof(ulong), 1UL << core);
        while (!isOver)
        {
            var began = Stopwatch.GetTimestamp();
            Thread.Sleep(SleepMilliseconds);
            Note(began + (SleepMilliseconds * Stopwatch.Frequency / 1_000), Stopwatch.GetTimestamp());
        }
    }

    private void Write()
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var page = new byte[4_096];
        while (!isOver)
        {
            var began = Stopwatch.GetTimestamp();
            file.Position = 0;
            file.Write(page);
            file.Flush(flushToDisk: true);
            Note(began, Stopwatch.GetTimestamp());
            Thread.Sleep(WritePause);
        }
    }

    /// <summary>Keeps a thread, 0 for the calling one, on the cores of the mask; 0, or -1 when that is not allowed.</summary>
    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint size, in ulong mask);

    private void Note(long from, long to)
    {
        if (Stopwatch.GetElapsedTime(from, to).TotalMilliseconds < LeastStall)
            return;
        lock (gate)
            stalls.Add((from, to));
    }
}
