using System.Collections.Immutable;
using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Definitions;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Cli.Store;

/// <summary>
/// Creates, lists and revokes keys in a store. No key identifies the caller, so the audit records the operating system's user as a claim.
/// </summary>
internal sealed class StoredKeys(IKeyStore store)
{
    /// <summary>Makes a key that is not stored yet. Throws <see cref="UsageException"/>.</summary>
    public static NewKey Make(string name, string scopes, string? expiresAt, string? definitions)
    {
        if (!ScopeNames.TryParse(scopes, out var allowed))
            throw UsageException.OfValue("--scope", scopes, $"a comma-separated list of {ScopeNames.All}");
        if (name.Any(char.IsControl) || name.Length > KeyRecord.LongestName)
            throw new UsageException(
                $"Invalid value for --name: expected at most {KeyRecord.LongestName} characters without control characters.");
        var end = TimeOf(expiresAt);
        return end <= Now() ? throw new UsageException("--expires-at must be in the future.") : NewKey.Make(name, allowed, end, PatternsOf(definitions, allowed));
    }

    /// <summary>Stores a key.</summary>
    public async Task Add(KeyRecord key)
    {
        var now = Now();
        await store.Add(key, now, KeyAudit.OfCreation(OriginOf(AuditActions.CreateKey), key, now));
    }

    /// <summary>Returns the keys that are not revoked, one per line: id, name, scopes, and when they expire.</summary>
    public async Task<IReadOnlyList<string>> List() =>
        [.. (await store.List()).Select(static key => $"{key.Id}\t{key.Name}\t{string.Join(',', ScopeNames.Of(key.Scopes))}{EndOf(key)}")];

    /// <summary>
    /// Revokes a key, even the last one with the scope <c>admin</c>, which the HTTP API refuses to revoke. Returns
    /// false if no key with this id is stored, or if it is revoked.
    /// </summary>
    public async Task<bool> Revoke(string id)
    {
        var key = (await store.List()).FirstOrDefault(stored => stored.Id == id);
        var (now, origin) = (Now(), OriginOf(AuditActions.RevokeKey));
        return key is not null && await store.Revoke(id, now, KeyAudit.OfRevocation(origin, key, now));
    }

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static ImmutableArray<string> PatternsOf(string? text, Scopes scopes)
    {
        if (text is null)
            return scopes.HasFlag(Scopes.Run) ? ["*"] : [];
        if (!scopes.HasFlag(Scopes.Run))
            throw new UsageException("--definitions is for keys with the scope run.");
        ImmutableArray<string> patterns = [.. text.Split(',', StringSplitOptions.TrimEntries)];
        return patterns.Length <= ServiceLimits.KeyDefinitions && patterns.All(static one => DefinitionName.FaultOfPattern(one) is null)
            ? patterns
            : throw UsageException.OfValue("--definitions", text, "names of definitions, in which * stands for any text, separated by commas");
    }

    private static long? TimeOf(string? text) =>
        text is null ? null
        : Timestamps.TryParse(text, out var time) ? time
        : throw UsageException.OfValue("--expires-at", text, "a time such as 2030-01-02T03:04:05Z");

    private static string EndOf(KeyRecord key) => key.ExpiresAt is { } end ? $"\texpires {Timestamps.Format(end)}" : "";

    private static Origin OriginOf(string action)
    {
        var user = Environment.UserName;
        var source = new TaskIdSource(TimeProvider.System, new SecureRandom());
        return new Origin(source.Next(), action, null)
        {
            Says = user.Length > 0 && Origin.Fits(user, Origin.LongestClaim) ? user : null,
        };
    }
}
