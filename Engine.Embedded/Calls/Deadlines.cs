namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// The calls that wait for an answer, of all methods with the same timeout; so the oldest call is the next to expire,
/// and one clock timer serves them all. The timer is set when it is not running and then only when it fires.
/// </summary>
internal sealed class Deadlines(TimeSpan timeout, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly long _ticks = timeout == System.Threading.Timeout.InfiniteTimeSpan
        ? long.MaxValue
        : (long)(timeout.TotalSeconds * clock.TimestampFrequency);

    private Call? _oldest;
    private Call? _newest;
    private ITimer? _timer;
    private bool _armed;

    internal TimeSpan Timeout => timeout;

    internal void Add(Call call)
    {
        var now = clock.GetTimestamp();
        lock (_gate)
        {
            call.Deadline = _ticks == long.MaxValue ? long.MaxValue : now + _ticks;
            call.Earlier = _newest;
            if (_newest is null) _oldest = call;
            else _newest.Later = call;
            _newest = call;
            if (_armed || _ticks == long.MaxValue) return;
            _armed = true;
            Arm(timeout);
        }
    }

    internal void Remove(Call call)
    {
        lock (_gate) Unlink(call);
    }

    /// <summary>All calls that wait, oldest first.</summary>
    internal Call[] Pending()
    {
        lock (_gate)
        {
            var calls = new List<Call>();
            for (var call = _oldest; call is not null; call = call.Later) calls.Add(call);
            return [.. calls];
        }
    }

    private void OnTimer()
    {
        List<Call>? expired = null;
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            while (_oldest is { } call && call.Deadline <= now)
            {
                Unlink(call);
                (expired ??= []).Add(call);
            }

            _armed = _oldest is not null;
            if (_armed) Arm(clock.GetElapsedTime(now, _oldest!.Deadline));
        }

        foreach (var call in expired ?? []) call.Expire();
    }

    private void Arm(TimeSpan due)
    {
        // A timer of the pool counts whole milliseconds; it must not fire before the deadline.
        due += TimeSpan.FromMilliseconds(1);
        if (_timer is not null)
        {
            _timer.Change(due, System.Threading.Timeout.InfiniteTimeSpan);
            return;
        }

        _timer = clock.CreateCleanTimer(
            static self => ((Deadlines)self!).OnTimer(), this, due, System.Threading.Timeout.InfiniteTimeSpan);
    }

    private void Unlink(Call call)
    {
        if (call.Deadline == 0) return;
        call.Deadline = 0;
        if (call.Earlier is null) _oldest = call.Later;
        else call.Earlier.Later = call.Later;
        if (call.Later is null) _newest = call.Earlier;
        else call.Later.Earlier = call.Earlier;
        (call.Earlier, call.Later) = (null, null);
    }
}
