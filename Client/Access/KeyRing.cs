using System.Security.Cryptography;
using OrleansTasks.Access;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Access;

/// <summary>
/// The valid keys, read through a grain and kept for <see cref="Freshness"/>. A revoked key stops working within
/// <see cref="Grace"/>; after that, if the keys still cannot be read, callers get an error. If a key is not found, the
/// list is read once more, so that a new key works at once; concurrent callers share one read. An expired key counts as
/// missing.
/// </summary>
/// <param name="read">Reads all valid keys; may throw <see cref="StoreUnavailableException"/>.</param>
/// <param name="time">The clock.</param>
public sealed class KeyRing(Func<Task<ImmutableArray<KeyRecord>>> read, TimeProvider time)
{
    /// <summary>The maximum age of the list before a caller reads it again.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(2);

    /// <summary>The maximum age of the list while it cannot be read.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private volatile Reading? latest;
    private Task<Reading>? underWay;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Returns the valid key with that text; null if there is none. Throws <see cref="StoreUnavailableException"/> if
    /// the keys cannot be read.
    /// </summary>
    public async ValueTask<KeyRecord?> Find(string key)
    {
        var asked = time.GetTimestamp();
        var hash = KeyHash.Of(key);
        var reading = await Current();
        var match = Match(reading.Keys, hash);
        if (match is null && reading.Started < asked)
            match = Match((await ReadAfter(asked)).Keys, hash);
        return match is not null && match.IsValidAt(Now) ? match : null;
    }

    /// <summary>
    /// Returns the valid key with that id, for sessions; null if there is none. Throws like <see cref="Find"/>.
    /// </summary>
    public async ValueTask<KeyRecord?> FindById(string id)
    {
        foreach (var key in (await Current()).Keys)
            if (key.Id == id)
                return key.IsValidAt(Now) ? key : null;
        return null;
    }

    /// <summary>
    /// Reads the keys again after a change. If that fails, the current list stays in use for as long as it may.
    /// </summary>
    public async Task Reread()
    {
        try
        {
            await ReadAfter(time.GetTimestamp());
        }
        catch (Exception)
        {
            // The next caller tries again.
        }
    }

    // Compares every key in full, so that the time taken does not reveal how much of a guess was right.
    private static KeyRecord? Match(ImmutableArray<KeyRecord> keys, byte[] hash)
    {
        KeyRecord? match = null;
        foreach (var key in keys)
            if (CryptographicOperations.FixedTimeEquals(key.Hash.Span, hash))
                match = key;
        return match;
    }

    private async ValueTask<Reading> Current()
    {
        var held = latest;
        if (held is not null && Age(held) < Freshness)
            return held;
        try
        {
            return await ReadAfter(time.GetTimestamp());
        }
        catch (Exception) when (held is not null && Age(held) < Grace)
        {
            return held;
        }
    }

    private TimeSpan Age(Reading reading) => time.GetElapsedTime(reading.Started);

    // Returns a list whose read began at or after the given time. A read that began earlier may miss a key stored
    // since, so this waits for
    // the next read, or uses one that other callers have completed in the meantime.
    private async Task<Reading> ReadAfter(long asked)
    {
        while (true)
        {
            if (latest is { } known && known.Started >= asked)
                return known;
            var reading = await Join();
            if (reading.Started >= asked)
                return reading;
        }
    }

    private Task<Reading> Join()
    {
        lock (gate)
        {
            if (underWay is null or { IsCompleted: true })
                underWay = Read();
            return underWay;
        }
    }

    private async Task<Reading> Read()
    {
        var started = time.GetTimestamp();
        // Read starts under the lock; leave it before calling the grain.
        await Task.Yield();
        var reading = new Reading(started, await read());
        latest = reading;
        return reading;
    }

    private sealed record Reading(long Started, ImmutableArray<KeyRecord> Keys);
}
