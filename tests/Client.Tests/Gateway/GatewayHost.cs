using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>The gateway on a real Kestrel at a free port.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ServiceClient client;

    private GatewayHost(WebApplication app)
    {
        this.app = app;
        client = new ServiceClient(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()));
    }

    public HttpClient Http => client.Http;

    public IServiceProvider Services => app.Services;

    /// <summary>Starts one in front of a cluster that does what a test says.</summary>
    public static Task<GatewayHost> Start(ScriptedGrains grains, TimeProvider? time = null) => Start(services =>
    {
        services.AddSingleton(grains.Factory);
        if (time is not null)
            services.AddSingleton(time);
    });

    /// <summary>Starts one with services of a test, and with routes besides the API.</summary>
    public static async Task<GatewayHost> Start(Action<IServiceCollection> add, Action<IEndpointRouteBuilder>? map = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>(options => options.ConfigureGateway());
        add(builder.Services);
        builder.Services.AddGateway();
        var app = builder.Build();
        app.UseProblems();
        app.UseRouting();
        app.MapGateway();
        map?.Invoke(app);
        await app.StartAsync();
        return new GatewayHost(app);
    }

    /// <summary>How many submissions wait for the calls to a queue that are under way.</summary>
    public int Waiting(string queue) =>
        Services.GetRequiredService<OrleansTasks.Client.Tasks.SubmitPump>().WaitingFor(queue);

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }

    public Task<Reply> Send(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers) =>
        client.Send(method, path, body, headers);

    public Task<Reply> Get(string path, params (string Name, string Value)[] headers) => client.Get(path, headers);

    public Task<Reply> Post(string path, string? body = null, params (string Name, string Value)[] headers) =>
        client.Post(path, body, headers);

    public Task<string> SendRaw(string text, string? untilText = null) => client.SendRaw(text, untilText);
}
