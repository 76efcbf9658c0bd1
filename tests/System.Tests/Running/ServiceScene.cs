using System.Text.Json.Nodes;

namespace OrleansTasks.System.Tests.Running;

/// <summary>
/// A service for the tests of one class, which run one after another. Starting it costs seconds of processor time. A
/// class derives one with the options that its tests need, and takes it as its fixture.
/// </summary>
/// <param name="options">Of the service. It has no slots unless they say so.</param>
public abstract class ServiceScene(params string[] options) : DataFolders, IAsyncLifetime
{
    /// <summary>The service.</summary>
    internal Service Service { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Service = await Service.Start(Data, options.Contains("--slots") ? options : ["--slots", "0", .. options]);

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Dispose();
    }

    /// <summary>
    /// Cancels the tasks and jobs that a test left open, and forgets its nodes. A node that was killed remains until
    /// its lease ends; a test that kills one gives it a name that no other test uses.
    /// </summary>
    internal async Task Settle()
    {
        using (await Service.Http.PostAsync("/api/v1/tasks/cancel?createdAfter=2000-01-01T00:00:00Z", null)) { }
        foreach (var job in await Items("/api/v1/jobs?state=running&limit=1000"))
        {
            using (await Service.Http.PostAsync($"/api/v1/jobs/{(string?)job!["id"]}/cancel", null)) { }
        }

        foreach (var node in await Items("/api/v1/nodes"))
        {
            // Refused for a node that is still there.
            using (await Service.Http.DeleteAsync($"/api/v1/nodes/{(string?)node!["id"]}")) { }
        }
    }

    private async Task<JsonArray> Items(string path) =>
        JsonNode.Parse(await Service.Http.GetStringAsync(path))!["items"]!.AsArray();
}

/// <summary>
/// Tests that share the service of a scene. Each finds it without open tasks and jobs, and disposes its workers.
/// </summary>
public abstract class SceneTests(ServiceScene scene) : DataFolders, IAsyncDisposable
{
    /// <summary>The service that the tests of the class share.</summary>
    private protected Service Service => scene.Service;

    /// <summary>Removes what the test left.</summary>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await scene.Settle();
        Dispose();
    }
}
