using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Kills while files move between a worker and a service with a data folder.</summary>
public sealed class SqliteFileKillTests : FileKillTests
{
    private readonly string http = KeptPorts.Next();
    private readonly string grpc = KeptPorts.Next();
    private Service service = null!;

    /// <inheritdoc/>
    protected override string Place => "one service with a data folder";

    /// <inheritdoc/>
    protected override string EvidenceVariable => "OTASK_FILES_EVIDENCE";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Victims { get; } = ["service"];

    private protected override Service Gateway => service;

    /// <inheritdoc/>
    protected override string[] Masters => [grpc];

    /// <inheritdoc/>
    protected override async Task Begin() =>
        service = await Service.Start(Data, "--slots", "0", "--lease", "8s", "--http", http, "--grpc", grpc);

    /// <inheritdoc/>
    protected override async Task Kill(string victim)
    {
        await service.KillAll();
        await service.DisposeAsync();
        await Begin();
    }

    /// <inheritdoc/>
    protected override async Task End()
    {
        service.Terminate();
        Assert.Equal(0, await service.End());
    }

    /// <inheritdoc/>
    protected override async Task Discard() => await service.DisposeAsync();

    /// <inheritdoc/>
    protected override void AddStores(IServiceCollection services) =>
        services.AddSqliteStorage(new SqliteStorageOptions { Directory = Data });

    /// <inheritdoc/>
    protected override Task<bool> IsArriving()
    {
        var folder = Path.Combine(Data, "files", "arriving");
        return Task.FromResult(Directory.Exists(folder) && Directory.EnumerateFiles(folder).Any());
    }
}
