using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Silo.Engine;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>A silo's part of the Orleans Dashboard, which listens to Orleans' instruments.</summary>
public sealed class DashboardStartTests
{
    [Fact]
    public async Task Silo_ListensToOrleansInstruments_FromTheFirstLookUntilItStops()
    {
        await using var silo = await OneProcess.StartAsync(static options => options.Dashboard = true, withWorker: false);
        var instrument = silo.Services.GetRequiredService<OrleansInstruments>().Meter.CreateCounter<int>("probe");
        Assert.False(instrument.Enabled);
        Assert.DoesNotContain(silo.Services.GetServices<IHostedService>(), static service => IsPackages(service));
        Assert.DoesNotContain(silo.Services.GetServices<IIncomingGrainCallFilter>(), static filter => IsPackages(filter));
        Assert.DoesNotContain(silo.Services.GetServices<ILifecycleParticipant<ISiloLifecycle>>(), static part => IsPackages(part));

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => silo.Grains.StartEngineDashboard()));
        Assert.True(instrument.Enabled);

        await silo.Services.GetRequiredService<OrleansLazyDashboard>().StopAsync(TestContext.Current.CancellationToken);
        Assert.False(instrument.Enabled);
        await Assert.ThrowsAsync<ObjectDisposedException>(silo.Grains.StartEngineDashboard);
    }

    [Fact]
    public async Task Stop_WhileItStarts_LeavesNothing()
    {
        await using var silo = await OneProcess.StartAsync(static options => options.Dashboard = true, withWorker: false);
        var instrument = silo.Services.GetRequiredService<OrleansInstruments>().Meter.CreateCounter<int>("probe");

        var start = silo.Grains.StartEngineDashboard();
        await silo.Services.GetRequiredService<OrleansLazyDashboard>().StopAsync(TestContext.Current.CancellationToken);
        // It has started before, is cancelled, or is refused.
        await Task.WhenAny(start);

        Assert.False(instrument.Enabled);
    }

    private static bool IsPackages(object part) => part.GetType().Assembly.GetName().Name == "Orleans.Dashboard";
}
