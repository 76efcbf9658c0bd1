using OrleansTasks.Tests;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>
/// Does something when it is asked for the time, of which the answer shows nothing, and when a timer is set.
/// </summary>
internal sealed class WatchedTime(ManualTime time) : TimeProvider
{
    public Action Read { get; set; } = static () => { };

    public Action<TimeSpan> Armed { get; set; } = static _ => { };

    public override long TimestampFrequency => time.TimestampFrequency;

    public override long GetTimestamp()
    {
        var now = time.GetTimestamp();
        Read();
        return now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new WatchedTimer(this, time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class WatchedTimer(WatchedTime time, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var isChanged = timer.Change(dueTime, period);
            if (dueTime != Timeout.InfiniteTimeSpan)
                time.Armed(dueTime);
            return isChanged;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
