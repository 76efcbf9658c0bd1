using System.Security.Cryptography;
using OrleansTasks.Access;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Access;

/// <summary>
/// The valid keys, read through a grain and kept for <see cref="Freshness"/>; so a revoked key stops working within
/// <see cref="Grace"/>, or the gateway says that it cannot know. A key that is not found is looked for once more in a list read
/// after it was asked for, so a new key works at once; one such reading runs at a time, however many ask. A key that
/// has expired is as one that is not there.
/// </summary>
/// <param name="read">Reads all valid keys; may throw <see cref="StoreUnavailableException"/>.</param>
/// <param name="time">By which the list ages.</param>
public sealed class KeyRing(Func<Task<ImmutableArray<KeyRecord>>> read, TimeProvider time)
{
    /// <summary>How old the list may be before a caller reads it anew.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(2);

    /// <summary>How old the list may be while it cannot be read.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private volatile Reading? latest;
    private Task<Reading>? underWay;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// The valid key with that text, or null. Throws <see cref="StoreUnavailableException"/> when the keys cannot be read.
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

    /// <summary>The valid key with that id, or null; for sessions. Throws as <see cref="Find"/> does.</summary>
    public async ValueTask<KeyRecord?> FindById(string id)
    {
        foreach (var key in (await Current()).Keys)
            if (key.Id == id)
                return key.IsValidAt(Now) ? key : null;
        return null;
    }

    /// <summary>
    /// Reads the keys anew, after one was changed. When they cannot be read, the list that is held stays in use as long
    /// as it may.
    /// </summary>
    public async Task Reread()
    {
        try
        {
            await ReadAfter(time.GetTimestamp());
        }
        catch (Exception)
        {
            // The next caller reads them.
        }
    }

    // Every key is compared in full, so the time taken says nothing about how much of a guess was right.
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

    // A reading that began before the caller asked may miss a key stored in between: then the next one is waited for, or taken
    // when others have had it read already by the time this caller is woken.
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
        // Off the lock, under which this begins.
        await Task.Yield();
        var reading = new Reading(started, await read());
        latest = reading;
        return reading;
    }

    private sealed record Reading(long Started, ImmutableArray<KeyRecord> Keys);
}
