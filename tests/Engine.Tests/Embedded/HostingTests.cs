using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansTasks.Engine.Embedded;

namespace OrleansTasks.Engine.Tests;

/// <summary>The engine in a host: settings, start, stop, statistics, faults.</summary>
public sealed class HostingTests
{
    private static readonly Assembly Grains = Assembly.GetExecutingAssembly();

    [Fact]
    public async Task Host_WithoutGrainAssemblies_DoesNotStart()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => EmbeddedEngine.StartAsync(null));
        Assert.Contains("GrainAssemblies", failure.Message);
    }

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("-00:00:01")]
    [InlineData("60.00:00:00")]
    public async Task Host_WithATimeThatCannotBe_DoesNotStart(string time)
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => EmbeddedEngine.StartAsync(
            s => s.Configure<EmbeddedEngineOptions>(o => o.ResponseTimeout = TimeSpan.Parse(time, null)), Grains));
        Assert.Contains("ResponseTimeout", failure.Message);
    }

    [Fact]
    public async Task Calls_BeforeTheStartAndAfterTheStop_AreRefused()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        ConformanceServices.Add(builder.Services);
        builder.Services.AddEmbeddedEngine(o => o.GrainAssemblies.Add(Grains));
        using var host = builder.Build();
        var grain = host.Services.GetRequiredService<IGrainFactory>().GetGrain<ITurnGrain>(Probe.New("host").Key);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => grain.Ping(1));
        await host.StartAsync();
        Assert.Equal(2, await grain.Ping(1).Soon());
        Assert.Same(
            host.Services.GetRequiredService<IGrainFactory>(), host.Services.GetRequiredService<IClusterClient>());
        await host.StopAsync();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => grain.Ping(1));
    }

    [Fact]
    public async Task Stop_CutShort_FailsWhatStillRuns()
    {
        await using var engine = await StartAsync();
        var probe = Probe.New("host");
        var running = engine.Client.GetGrain<ITurnGrain>(probe.Key).Hold("gate");
        await probe.GateOf("gate").Entered;
        using var cut = new CancellationTokenSource();
        var stopping = engine.StopAsync(cut.Token);
        Assert.False(running.IsCompleted);
        await cut.CancelAsync();
        await stopping.Soon();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => running.Soon());
        Assert.Equal(0, probe.Count("deactivated"));
        await engine.StopAsync().Soon();
    }

    [Fact]
    public async Task Stop_WhileGrainsCallEachOtherAtTheirEnd_EndsThemAll()
    {
        var probe = Probe.New("farewell");
        await using (var engine = await StartAsync())
        {
            await engine.Client.GetGrain<IFarewellGrain>(probe.Key).SayAtTheEndTo("other").Soon();
        }

        Assert.Equal(["said to other"], probe.Entries);
    }

    [Fact]
    public async Task Statistics_CountActivationsAndCalls()
    {
        await using var engine = await StartAsync();
        var client = engine.Client;
        await client.GetGrain<IMessageGrain>(Probe.New("stats").Key).Name().Soon();
        await client.GetGrain<IMessageGrain>(Probe.New("stats").Key).Name().Soon();
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.GetGrain<IMessageGrain>(Probe.New("stats").Key).Throw("no").Soon());
        Assert.Equal(3, engine.Statistics.Activations["message"]);
        Assert.Equal(
            [
                new(typeof(IMessageGrain).FullName!, "Name", 2, 0), new(typeof(IMessageGrain).FullName!, "Throw", 1, 1),
            ],
            engine.Statistics.Methods);
    }

    [Fact]
    public async Task Metrics_ShowActivations()
    {
        await using var engine = await StartAsync();
        var meters = engine.Services.GetRequiredService<IMeterFactory>();
        var seen = new Dictionary<string, int>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Scope == meters && instrument.Name == "orleanstasks.engine.activations")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => seen[(string)tags[0].Value!] = value);
        listener.Start();
        await engine.Client.GetGrain<IMessageGrain>(Probe.New("stats").Key).Name().Soon();
        listener.RecordObservableInstruments();
        Assert.Equal(1, seen["message"]);
    }

    [Fact]
    public async Task SynchronousThrow_ReachesTheCallerAsItIsEveryTime()
    {
        // The invoker behind a method changes after its first calls.
        await using var engine = await StartAsync();
        var grain = engine.Client.GetGrain<IMessageGrain>(Probe.New("throws").Key);
        for (var i = 0; i < 10; i++)
        {
            var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => grain.Throw($"no {i}").Soon());
            Assert.Equal($"no {i}", failure.Message);
        }
    }

    [Fact]
    public async Task InterfaceWithoutClass_IsRefusedByName()
    {
        await using var engine = await StartAsync();
        var failure = Assert.Throws<ArgumentException>(() => engine.Client.GetGrain<INobodyImplementsThis>("x"));
        Assert.Contains(nameof(INobodyImplementsThis), failure.Message);
    }

    [Fact]
    public async Task UnknownStreamProvider_IsRefused()
    {
        await using var engine = await StartAsync();
        Assert.ThrowsAny<Exception>(() => engine.Client.GetStreamProvider("no-such"));
    }

    [Fact]
    public async Task KillAndRestart_LosesObserversAndStartsAnew()
    {
        await using var engine = await StartAsync();
        var probe = Probe.New("killed");
        var grain = engine.Client.GetGrain<ITurnGrain>(probe.Key);
        var before = await grain.WhoAmI().Soon();
        engine.KillAndRestart();
        Assert.NotEqual(before, await grain.WhoAmI().Soon());
        Assert.Equal(["activated", "activated"], probe.Entries);
    }

    private static Task<EmbeddedEngine> StartAsync() =>
        EmbeddedEngine.StartAsync(s => s.AddScoped<ActivationScoped>(), Grains);

    public interface INobodyImplementsThis : IGrainWithStringKey;
}
