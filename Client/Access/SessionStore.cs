using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using OrleansTasks.Access;

namespace OrleansTasks.Client.Access;

/// <summary>
/// The browser sessions of this gateway, in memory: a session is bound to the key that it was made with and ends with it, after
/// <see cref="Lifetime"/>, or with the process.
/// </summary>
public sealed class SessionStore(TimeProvider time)
{
    /// <summary>How long a session lasts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>How many there may be; beyond it those that would end first make room.</summary>
    public const int Most = 10_000;

    /// <summary>How many one key may have; one more ends the oldest of them.</summary>
    public const int MostOfOne = 100;

    private readonly ConcurrentDictionary<string, Session> sessions = new();

    /// <summary>Begins a session for a key; what comes back is the secret that only the browser keeps.</summary>
    public string Begin(KeyRecord key)
    {
        if (sessions.Count >= Most)
            MakeRoom();
        MakeRoom(key.Id);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        sessions[Name(secret)] = new Session(key.Id, time.GetTimestamp());
        return secret;
    }

    /// <summary>The id of the key that a session is bound to; null when there is no such session, or no more.</summary>
    public string? FindKeyId(string secret)
    {
        if (!sessions.TryGetValue(Name(secret), out var session))
            return null;
        if (time.GetElapsedTime(session.Began) < Lifetime)
            return session.KeyId;
        End(secret);
        return null;
    }

    /// <summary>When a session ends unless its key or the process ends before; null when there is no such session.</summary>
    public DateTimeOffset? EndOf(string secret) =>
        sessions.TryGetValue(Name(secret), out var session) ? time.GetUtcNow() + Lifetime - time.GetElapsedTime(session.Began) : null;

    /// <summary>Ends a session, if it is there.</summary>
    public void End(string secret) => sessions.TryRemove(Name(secret), out _);

    // Looking a hash up takes a time that says nothing about the secret.
    private static string Name(string secret) => Convert.ToBase64String(KeyHash.Of(secret));

    private void MakeRoom()
    {
        foreach (var oldest in sessions.OrderBy(entry => entry.Value.Began).Take(Most / 10))
            sessions.TryRemove(oldest);
    }

    private void MakeRoom(string keyId)
    {
        var own = sessions.Where(entry => entry.Value.KeyId == keyId).ToArray();
        if (own.Length >= MostOfOne)
            sessions.TryRemove(own.MinBy(static entry => entry.Value.Began));
    }

    private sealed record Session(string KeyId, long Began);
}
