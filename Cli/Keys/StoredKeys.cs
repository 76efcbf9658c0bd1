using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Stores;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Cli.Keys;

/// <summary>
/// Creates, lists and revokes keys in a data folder or a database, without a gateway. Anyone with write access there
/// can do that. No key identifies the caller, so the audit records the operating system's user as a claim.
/// </summary>
internal static class StoredKeys
{
    /// <summary>Creates a key and returns its text.</summary>
    public static async Task<string> Create(KeyStorePlace place, string name, Scopes scopes, long? expiresAt)
    {
        if (expiresAt <= Now())
            throw new UsageException("--expires-at must be in the future.");
        var key = NewKey.Make(name, scopes, expiresAt);
        await using var provider = Open(place);
        var now = Now();
        await StoreOf(provider).Add(
            key.Record, now, KeyAudit.OfCreation(OriginOf(AuditActions.CreateKey), key.Record, now));
        return key.Text;
    }

    /// <summary>Lists the keys that are not revoked, one per line: id, name, scopes, and when they expire.</summary>
    public static async Task List(KeyStorePlace place, TextWriter output)
    {
        await using var provider = Open(place);
        foreach (var key in await StoreOf(provider).List())
            output.WriteLine($"{key.Id}\t{key.Name}\t{string.Join(',', ScopeNames.Of(key.Scopes))}{EndOf(key)}");
    }

    /// <summary>
    /// Revokes a key, even the last one. Throws <see cref="RefusedException"/> if no key has that id.
    /// </summary>
    public static async Task Revoke(KeyStorePlace place, string id)
    {
        await using var provider = Open(place);
        var store = StoreOf(provider);
        var key = (await store.List()).FirstOrDefault(stored => stored.Id == id);
        var (now, origin) = (Now(), OriginOf(AuditActions.RevokeKey));
        if (key is null || !await store.Revoke(id, now, KeyAudit.OfRevocation(origin, key, now)))
            throw new RefusedException($"there is no valid key '{id}'; 'otask key list' lists the keys.");
    }

    private static ServiceProvider Open(KeyStorePlace place)
    {
        if (place is { IsDefault: true, Database: null } && !File.Exists(Path.Combine(place.Folder, "tasks.db")))
        {
            throw new RefusedException(
                $"there is no store in {place.Folder}. Name the service's store with --data DIR or --db, or a gateway with "
                + "--url.");
        }

        return StoreOptions.Open(place.Folder, place.Database);
    }

    private static IKeyStore StoreOf(ServiceProvider provider) => provider.GetRequiredService<IKeyStore>();

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static string EndOf(KeyRecord key) =>
        key.ExpiresAt is { } end ? $"\texpires {OrleansTasks.Tasks.Spec.Timestamps.Format(end)}" : "";

    private static Origin OriginOf(string action)
    {
        var user = Environment.UserName;
        var source = new TaskIdSource(TimeProvider.System, new SecureRandom());
        return new Origin(source.Next(), action, null)
        {
            Says = user.Length > 0 && Origin.Fits(user, Origin.LongestActor) ? user : null,
        };
    }
}

/// <summary>The store that a command works on.</summary>
/// <param name="Folder">The data folder, unless there is a database.</param>
/// <param name="IsDefault">Whether no folder was given; the store is then used only if it already exists.</param>
/// <param name="Database">The connection string of a PostgreSQL database; null for the folder.</param>
internal sealed record KeyStorePlace(string Folder, bool IsDefault, string? Database);
