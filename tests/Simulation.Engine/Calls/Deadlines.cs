namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// The calls that wait for an answer, of all methods with the same timeout; so the oldest call is the next to expire, and one clock timer
/// serves them all. The timer is set when it is not running and then only when it fires.
/// </summary>
internal sealed class Deadlines(TimeSpan timeout, TimeProvider clock)
{
    private readonly long _ticks = timeout == System.Threading.Timeout.InfiniteTimeSpan
        ? long.MaxValue
        : (long)(timeout.TotalSeconds * clock.TimestampFrequency);

    private PendingCall? _oldest;
    private PendingCall? _newest;
    private ITimer? _timer;
    private bool _isArmed;

    internal TimeSpan Timeout => timeout;

    internal void Add(PendingCall call)
    {
        call.Deadlines = this;
        call.Deadline = _ticks == long.MaxValue ? long.MaxValue : clock.GetTimestamp() + _ticks;
        call.Earlier = _newest;
        if (_newest is null) _oldest = call;
        else _newest.Later = call;
        _newest = call;
        if (_isArmed || _ticks == long.MaxValue) return;
        _isArmed = true;
        Arm(timeout);
    }

    internal void Remove(PendingCall call)
    {
        if (call.Deadline == 0) return;
        call.Deadline = 0;
        if (call.Earlier is null) _oldest = call.Later;
        else call.Earlier.Later = call.Later;
        if (call.Later is null) _newest = call.Earlier;
        else call.Later.Earlier = call.Earlier;
        (call.Earlier, call.Later) = (null, null);
    }

    /// <summary>All calls that wait, oldest first.</summary>
    internal PendingCall[] Pending()
    {
        var calls = new List<PendingCall>();
        for (var call = _oldest; call is not null; call = call.Later) calls.Add(call);
        return [.. calls];
    }

    private void OnTimer()
    {
        var now = clock.GetTimestamp();
        var expired = new List<PendingCall>();
        while (_oldest is { } call && call.Deadline <= now)
        {
            Remove(call);
            expired.Add(call);
        }

        _isArmed = _oldest is not null;
        if (_isArmed) Arm(clock.GetElapsedTime(now, _oldest!.Deadline));
        foreach (var call in expired) call.Expire();
    }

    private void Arm(TimeSpan due)
    {
        // Process clocks may run fast or slow by less than this; the timer must not fire before the deadline.
        due += TimeSpan.FromMilliseconds(1);
        if (_timer is not null)
        {
            _timer.Change(due, System.Threading.Timeout.InfiniteTimeSpan);
            return;
        }

        _timer = clock.CreateCleanTimer(
            static self => ((Deadlines)self!).OnTimer(), this, due, System.Threading.Timeout.InfiniteTimeSpan);
    }
}
