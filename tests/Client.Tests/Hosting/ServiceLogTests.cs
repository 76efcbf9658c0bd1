using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Logs;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>That the service's log costs a request no activity, and that traces are there for those who listen.</summary>
public sealed class ServiceLogTests : IAsyncLifetime
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private readonly HttpClient http = new();
    private WebApplication app = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        ServiceLog.Use(builder.Logging, LogFormat.Text);
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(static context => context.Response.WriteAsync(Activity.Current?.TraceId.ToHexString() ?? "none"));
        await app.StartAsync();
        http.BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Request_NobodyListens_HasNoActivity() => Assert.Equal("none", await Ask());

    [Fact]
    public async Task Request_SomebodyListens_HasAnActivityOfTheCallersTrace()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Microsoft.AspNetCore",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        Assert.Equal(Parent.Split('-')[1], await Ask());
    }

    [Theory]
    [InlineData("Polly")]
    [InlineData("Orleans.Placement")]
    public void Library_TellsOfItsWork_ItIsNotLogged(string category)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);
        Assert.Equal((false, true), (logger.IsEnabled(LogLevel.Information), logger.IsEnabled(LogLevel.Warning)));
    }

    private async Task<string> Ask()
    {
        // The client must not add an activity of the test's own.
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("traceparent", Parent);
        using var reply = await http.SendAsync(request);
        return await reply.Content.ReadAsStringAsync();
    }
}
