using System.Text.Json;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>Stores, lists and runs definitions.</summary>
public sealed class DefinitionCalls
{
    private const string Root = "/api/v1/definitions";
    private readonly Gateway gateway;

    internal DefinitionCalls(Gateway gateway) => this.gateway = gateway;

    /// <summary>Stores a definition as its next version, unless the latest version is the same.</summary>
    /// <param name="name">The name, which may have slashes.</param>
    /// <param name="definition">The body of the call, as JSON.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public Task<DefinitionDetails> PutAsync(string name, JsonElement definition, CancellationToken cancellation = default) =>
        gateway.PutAsync(PathOf(name), definition, ApiJson.Default.JsonElement, ApiJson.Default.DefinitionDetails, cancellation);

    /// <summary>Gets a definition.</summary>
    public Task<DefinitionDetails> GetAsync(string name, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(name), ApiJson.Default.DefinitionDetails, cancellation);

    /// <summary>Gets a definition with what other definitions printed as choices for its parameters.</summary>
    public Task<DefinitionDetails> GetWithChoicesAsync(string name, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(name) + "?choices=true", ApiJson.Default.DefinitionDetails, cancellation);

    /// <summary>Lists definitions by name. Further pages are read as they are needed.</summary>
    /// <param name="prefix">What their names begin with; null for all.</param>
    /// <param name="pageSize">The number of definitions of one request, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the list.</param>
    public IAsyncEnumerable<DefinitionDetails> ListAsync(
        string? prefix = null, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(() => new Query(Root).Add("prefix", prefix), pageSize, ApiJson.Default.PageDefinitionDetails, cancellation);

    /// <summary>Deletes a definition. What it started stays.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellation = default) => gateway.DeleteAsync(PathOf(name), cancellation);

    /// <summary>Runs a definition.</summary>
    /// <param name="name">The definition.</param>
    /// <param name="run">What to run it with; null for no parameters.</param>
    /// <param name="idempotencyKey">A key under which the service starts the run once; null for a new one.</param>
    /// <param name="cancellation">Cancels the call, but not a run that was started.</param>
    public Task<StartedRun> RunAsync(
        string name, DefinitionRunSpec? run = null, string? idempotencyKey = null, CancellationToken cancellation = default) =>
        gateway.CreateAsync(
            PathOf(name) + "/runs", run ?? new DefinitionRunSpec(), ApiJson.Default.DefinitionRunSpec, idempotencyKey, ApiJson.Default.StartedRun,
            cancellation);

    /// <summary>Lists the runs of a definition, newest first. Further pages are read as they are needed.</summary>
    /// <param name="name">The definition.</param>
    /// <param name="pageSize">The number of runs of one request, 1 to 200.</param>
    /// <param name="cancellation">Ends the list.</param>
    public IAsyncEnumerable<DefinitionRunDetails> RunsAsync(
        string name, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(
            () => new Query(PathOf(name) + "/runs"), pageSize, ApiJson.Default.PageDefinitionRunDetails, cancellation);

    private static string PathOf(string name) => $"{Root}/{PathSegment.Of(name)}";
}
