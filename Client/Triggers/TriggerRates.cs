using System.Collections.Concurrent;

namespace OrleansTasks.Client.Triggers;

/// <summary>
/// Limits the runs a minute of each trigger at this gateway: a bucket holds a minute's worth, and fills evenly.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class TriggerRates(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Bucket> buckets = new(StringComparer.Ordinal);

    /// <summary>Takes a place for a run. Returns the seconds until there is one; 0 if it was taken.</summary>
    public int Take(string trigger, int rate)
    {
        var bucket = buckets.GetOrAdd(trigger, static _ => new Bucket());
        lock (bucket)
        {
            var now = time.GetTimestamp();
            var filled = bucket.At == 0 ? rate : time.GetElapsedTime(bucket.At, now).TotalMinutes * rate;
            (bucket.Left, bucket.At) = (Math.Min(rate, bucket.Left + filled), now);
            if (bucket.Left < 1)
                return Math.Max(1, (int)Math.Ceiling((1 - bucket.Left) * 60 / rate));
            bucket.Left--;
            return 0;
        }
    }

    /// <summary>Gives a place back, because nothing was started.</summary>
    public void GiveBack(string trigger)
    {
        if (!buckets.TryGetValue(trigger, out var bucket))
            return;
        lock (bucket)
            bucket.Left++;
    }

    /// <summary>Forgets a trigger.</summary>
    public void Forget(string trigger) => buckets.TryRemove(trigger, out _);

    private sealed class Bucket
    {
        public long At { get; set; }

        public double Left { get; set; }
    }
}
