using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Cli.Profiles;
using OrleansTasks.Cli.Stores;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Maintenance;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Storage.Trust;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Cli.Store;

/// <summary>Works in a data folder or a database. Anyone with write access there can do that.</summary>
internal sealed class StoreWork : IStoreWork
{
    /// <inheritdoc/>
    public Task<int> Init(StorePlace place, CancellationToken cancellation) => Told(async () =>
    {
        var store = MaintenanceOf(place);
        await store.Init(cancellation);
        return (await store.Status(cancellation)).Schema;
    });

    /// <inheritdoc/>
    public Task<string> Status(StorePlace place, CancellationToken cancellation) => Told(async () =>
    {
        var status = await MaintenanceOf(place).Status(cancellation);
        return string.Create(CultureInfo.InvariantCulture, $"""
            store       {status.Place}
            schema      {status.Schema} (this program: {status.ProgramSchema})
            queues      {status.Queues}
            tasks       {status.Tasks}
            size        {status.Bytes / 1048576.0:F1} MiB
            """);
    });

    /// <inheritdoc/>
    public Task Backup(StorePlace place, string folder, CancellationToken cancellation) =>
        Told(() => MaintenanceOf(place).Backup(folder, cancellation));

    /// <inheritdoc/>
    public Task Restore(StorePlace place, string folder, bool isPaused, CancellationToken cancellation) =>
        Told(() => MaintenanceOf(place).Restore(folder, isPaused, cancellation));

    /// <inheritdoc/>
    public Task<string> CreateKey(StorePlace place, string name, string scopes, string? expiresAt, string? definitions) => Told(async () =>
    {
        // Before the store is opened: a mistake creates none.
        var key = StoredKeys.Make(name, scopes, expiresAt, definitions);
        await using var provider = Open(place);
        await new StoredKeys(provider.GetRequiredService<IKeyStore>()).Add(key.Record);
        return key.Text;
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListKeys(StorePlace place) => Told(async () =>
    {
        await using var provider = Open(place);
        return await new StoredKeys(provider.GetRequiredService<IKeyStore>()).List();
    });

    /// <inheritdoc/>
    public Task<bool> RevokeKey(StorePlace place, string id) => Told(async () =>
    {
        await using var provider = Open(place);
        return await new StoredKeys(provider.GetRequiredService<IKeyStore>()).Revoke(id);
    });

    /// <inheritdoc/>
    public Task<JsonNode> CreateToken(StorePlace place, JsonObject? terms) => Told<JsonNode>(async () =>
    {
        var errors = new SpecErrors();
        var read = TokenTermsReader.Read(Encoding.UTF8.GetBytes(terms?.ToJsonString() ?? "{}"), errors)
            ?? throw new UsageException(string.Join('\n', errors.Items.Select(static error => $"{error.Path} {error.Message}")));
        await using var provider = Open(place);
        var token = await JoinTokens.Make(provider.GetRequiredService<ITrustStore>(), TimeProvider.System, read);
        return new JsonObject
        {
            ["token"] = token.Text,
            ["expiresAt"] = DateTimeOffset.FromUnixTimeMilliseconds(token.ExpiresAt).UtcDateTime,
        };
    });

    /// <inheritdoc/>
    public Task<DateTimeOffset> WriteCertificate(StorePlace place, string path, TimeSpan life) => Told<DateTimeOffset>(async () =>
    {
        await using var provider = Open(place);
        var now = TimeProvider.System.GetUtcNow();
        using var authority = await CertificateAuthority.Open(provider.GetRequiredService<ITrustStore>(), now);
        using var trust = new ClusterTrust(authority.Certificate.Span);
        using var certificate = authority.IssueMember(ClusterRole.Gateway, now, life);
        ReplacedFile.Write(path, ClusterCertificateFile.Content(certificate, trust.Authority));
        return certificate.NotAfter;
    });

    private static IStoreMaintenance MaintenanceOf(StorePlace place) => place.Database is { } database
        ? new PostgresMaintenance(OptionsOf(database))
        : new SqliteMaintenance(new SqliteStorageOptions { Directory = place.Folder });

    private static ServiceProvider Open(StorePlace place)
    {
        var services = new ServiceCollection();
        if (place.Database is { } database)
            services.AddPostgresStorage(OptionsOf(database));
        else
            services.AddSqliteStorage(new SqliteStorageOptions { Directory = place.Folder });
        return services.BuildServiceProvider();
    }

    private static PostgresStorageOptions OptionsOf(string database)
    {
        var options = new PostgresStorageOptions { ConnectionString = database };
        return options.Problems() is { Count: > 0 } problems ? throw new UsageException($"--db: {string.Join(' ', problems)}") : options;
    }

    private static Task Told(Func<Task> work) => Told(async () =>
    {
        await work();
        return true;
    });

    private static async Task<T> Told<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is UnusableDatabaseException or StoreUnavailableException or StoreRefusedException
            or OutcomeUnknownException)
        {
            throw new StoreFailedException(e.Message, e);
        }
    }
}
