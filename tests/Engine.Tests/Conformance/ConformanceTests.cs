namespace OrleansTasks.Engine.Tests;

/// <summary>
/// Behaviours that grains rely on. Each class of them runs on Orleans' own test cluster and in the simulation, which must agree.
/// </summary>
public abstract class ConformanceTests(IConformanceHosts hosts)
{
    private IConformanceHost? _host;

    protected IConformanceHost Host => _host!;

    protected IClusterClient Client => Host.Client;

    protected Task Run(Func<Task> test) => hosts.RunAsync(host => RunOn(host, test));

    protected Task RunAlone(Func<Task> test) => hosts.RunAloneAsync(host => RunOn(host, test));

    private Task RunOn(IConformanceHost host, Func<Task> test)
    {
        _host = host;
        return test();
    }
}
