using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>The gateway on a real Kestrel at a free port.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication app;

    private GatewayHost(WebApplication app)
    {
        this.app = app;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Http = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => app.Services;

    /// <summary>Starts one in front of a cluster that does what a test says.</summary>
    public static Task<GatewayHost> Start(ScriptedGrains grains, TimeProvider? time = null) => Start(services =>
    {
        services.AddSingleton<IGrainFactory>(grains);
        if (time is not null)
            services.AddSingleton(time);
    });

    public static async Task<GatewayHost> Start(Action<IServiceCollection> add)
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
        await app.StartAsync();
        return new GatewayHost(app);
    }

    /// <summary>How many submissions wait for the calls to a partition that are under way.</summary>
    public int Waiting(string partition) =>
        Services.GetRequiredService<OrleansTasks.Client.Tasks.SubmitPump>().WaitingFor(OrleansTasks.Queues.PartitionKey.Parse(partition));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }

    public async Task<Reply> Send(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content!.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Http.SendAsync(request);
        return await Reply.Read(response);
    }

    public Task<Reply> Get(string path, params (string Name, string Value)[] headers) => Send(HttpMethod.Get, path, null, headers);

    public Task<Reply> Post(string path, string? body = null, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, path, body, headers);

    /// <summary>Sends bytes as they are and reads until the other side closes.</summary>
    public async Task<string> SendRaw(string text)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
