using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using OrleansTasks.Access;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Access;

/// <summary>
/// The browser sessions of this gateway, in memory. A session is bound to the key that began it. It ends with the key,
/// after <see cref="Lifetime"/>, or with the process. A session has a secret, which only the browser keeps, and an id,
/// by which administrators refer to it.
/// </summary>
public sealed class SessionStore(TimeProvider time)
{
    /// <summary>How long a session lasts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>Maximum number of sessions. Beyond it, the oldest tenth is ended.</summary>
    public const int Most = ServiceLimits.Sessions;

    /// <summary>Maximum number of sessions of one key. One more ends the oldest of them.</summary>
    public const int MostOfOne = ServiceLimits.SessionsOfKey;

    private const int IdBytes = 8;

    // Read without the gate, written under it.
    private readonly ConcurrentDictionary<string, Session> sessions = new();

    // The names of each key's sessions, oldest first, so that a login need not scan the sessions of other keys.
    private readonly Dictionary<string, List<string>> namesByKey = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    /// <summary>Begins a session for a key. Returns its secret, which only the browser keeps.</summary>
    public string Begin(KeyRecord key)
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        lock (gate)
        {
            if (sessions.Count >= Most)
                MakeRoom();
            if (namesByKey.TryGetValue(key.Id, out var own) && own.Count >= MostOfOne)
                Remove(own[0]);
            Add(Name(secret), new Session(
                "ses-" + RandomNumberGenerator.GetHexString(IdBytes * 2, lowercase: true), key.Id, time.GetTimestamp(),
                time.GetUtcNow(), EndOf(key)));
        }

        return secret;
    }

    /// <summary>
    /// Returns the id of the key that a session is bound to; null if the session does not exist or has ended.
    /// </summary>
    public string? FindKeyId(string secret)
    {
        if (!sessions.TryGetValue(Name(secret), out var session))
            return null;
        if (IsOpen(session))
            return session.KeyId;
        End(secret);
        return null;
    }

    /// <summary>
    /// Returns when a session ends, unless its key is revoked or the process ends earlier; null if the session does not
    /// exist.
    /// </summary>
    public DateTimeOffset? EndOf(string secret) =>
        sessions.TryGetValue(Name(secret), out var session) ? EndOf(session) : null;

    /// <summary>Records a request with a session.</summary>
    /// <param name="secret">The session's secret.</param>
    /// <param name="address">The IP address of the caller; null if there is none.</param>
    public void NoteUse(string secret, string? address)
    {
        if (sessions.TryGetValue(Name(secret), out var session))
            session.LastUse = new SessionUse(time.GetUtcNow(), address);
    }

    /// <summary>Returns the sessions that have not ended, oldest first.</summary>
    public ImmutableArray<SessionView> List() =>
    [
        .. sessions.Values.Where(IsOpen).OrderBy(static session => session.Began).Select(session => new SessionView(
            session.Id, session.KeyId, session.CreatedAt, EndOf(session), session.LastUse)),
    ];

    /// <summary>Ends the session with this id. Returns false if it does not exist or has already ended.</summary>
    public bool EndById(string id)
    {
        foreach (var entry in sessions)
        {
            if (entry.Value.Id == id)
                return IsOpen(entry.Value) && Remove(entry.Key);
        }

        return false;
    }

    /// <summary>Ends a session if it exists.</summary>
    public void End(string secret) => Remove(Name(secret));

    // Sessions are found by the hash of their secret, so that the time of a look-up reveals nothing about the secret.
    private static string Name(string secret) => Convert.ToBase64String(KeyHash.Of(secret));

    private void MakeRoom()
    {
        foreach (var oldest in sessions.OrderBy(static entry => entry.Value.Began).Take(Most / 10))
            Remove(oldest.Key);
    }

    private void Add(string name, Session session)
    {
        sessions[name] = session;
        if (!namesByKey.TryGetValue(session.KeyId, out var own))
            namesByKey[session.KeyId] = own = [];
        own.Add(name);
    }

    private bool Remove(string name)
    {
        lock (gate)
        {
            if (!sessions.TryRemove(name, out var session))
                return false;
            var own = namesByKey[session.KeyId];
            own.Remove(name);
            if (own.Count == 0)
                namesByKey.Remove(session.KeyId);
            return true;
        }
    }

    private static DateTimeOffset EndOf(KeyRecord key) =>
        key.ExpiresAt is { } end ? Timestamps.ToMoment(end) : DateTimeOffset.MaxValue;

    private bool IsOpen(Session session) =>
        time.GetElapsedTime(session.Began) < Lifetime && session.KeyEnds > time.GetUtcNow();

    private DateTimeOffset EndOf(Session session)
    {
        var end = time.GetUtcNow() + Lifetime - time.GetElapsedTime(session.Began);
        return end < session.KeyEnds ? end : session.KeyEnds;
    }

    private sealed class Session(string id, string keyId, long began, DateTimeOffset createdAt, DateTimeOffset keyEnds)
    {
        private volatile SessionUse? lastUse;

        public string Id { get; } = id;

        public string KeyId { get; } = keyId;

        public long Began { get; } = began;

        public DateTimeOffset CreatedAt { get; } = createdAt;

        public DateTimeOffset KeyEnds { get; } = keyEnds;

        public SessionUse? LastUse
        {
            get => lastUse;
            set => lastUse = value;
        }
    }
}

/// <summary>A session without its secret, as administrators see it.</summary>
/// <param name="Id">The session's id.</param>
/// <param name="KeyId">The id of the key that began it.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="ExpiresAt">When it ends at the latest.</param>
/// <param name="LastUse">The last request with it; null if there is none.</param>
public sealed record SessionView(
    string Id, string KeyId, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, SessionUse? LastUse);

/// <summary>A request with a session.</summary>
/// <param name="At">The time of the request.</param>
/// <param name="Address">The IP address of the caller; null if there is none.</param>
public sealed record SessionUse(DateTimeOffset At, string? Address);
