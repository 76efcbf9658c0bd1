using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// A timer that runs its callback on its own thread, even if all threads of the pool are busy.
/// It fires once after each call of <see cref="Change"/> and never repeats.
/// </summary>
internal sealed class ThreadTimer : ITimer
{
    private readonly Lock gate = new();
    private readonly AutoResetEvent changed = new(false);
    private readonly TimeProvider time;
    private readonly Action callback;

    /// <summary>The timestamp at which it fires; null if it is not set.</summary>
    private long? due;
    private bool isDisposed;

    private ThreadTimer(TimeProvider time, string name, Action callback)
    {
        (this.time, this.callback) = (time, callback);
        new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>
    /// Creates a timer that is not set. With any clock but the system's, returns that clock's own timer, which a test
    /// controls.
    /// </summary>
    internal static ITimer Create(TimeProvider time, string name, Action callback) => time == TimeProvider.System
        ? new ThreadTimer(time, name, callback)
        : time.CreateTimer(static state => ((Action)state!)(), callback, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (gate)
        {
            if (isDisposed)
                return false;
            due = dueTime == Timeout.InfiniteTimeSpan
                ? null
                : time.GetTimestamp() + (long)(dueTime.TotalSeconds * time.TimestampFrequency);
            changed.Set();
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed)
                return;
            isDisposed = true;
            changed.Set();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The event is closed by the thread that waits for it.")]
    private void Run()
    {
        using (changed)
        {
            while (NextWait() is { } wait)
            {
                if (wait != TimeSpan.Zero)
                    changed.WaitOne(wait);
                else
                    callback();
            }
        }
    }

    /// <summary>
    /// Returns how long to wait; null after <see cref="Dispose"/>. If the timer is due, unsets it and returns zero.
    /// </summary>
    private TimeSpan? NextWait()
    {
        lock (gate)
        {
            if (isDisposed)
                return null;
            if (due is not { } at)
                return Timeout.InfiniteTimeSpan;
            var left = time.GetElapsedTime(time.GetTimestamp(), at);
            if (left > TimeSpan.Zero)
                return left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left;
            due = null;
            return TimeSpan.Zero;
        }
    }
}
