using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansTasks.Simulation.Engine;

/// <summary>Beginning and end of a silo's grains, and their faults.</summary>
internal sealed partial class GrainHost
{
    private ITimer? _collector;

    internal SiloState State { get; private set; }

    internal void Start(IServiceProvider services)
    {
        Services = services;
        _logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(GrainHost).FullName!);
        IncomingFilters = [.. services.GetServices<IIncomingGrainCallFilter>()];
        OutgoingFilters = [.. services.GetServices<IOutgoingGrainCallFilter>()];
        _cluster.Directory.Join(this);
        var quantum = Options.CollectionQuantum;
        _collector = Clock.CreateCleanTimer(
            static host => ((GrainHost)host!).CollectIdle(null), this, quantum, quantum);
        State = SiloState.Running;
    }

    /// <summary>
    /// Ends in order: clients' calls are refused, those under way get their answers, then every activation ends. What is not done when
    /// the token is cancelled ends as in a crash.
    /// </summary>
    internal async Task StopAsync(CancellationToken cancellationToken)
    {
        if (State != SiloState.Running) return;
        State = SiloState.Stopping;
        try
        {
            await Streams.StopAsync(cancellationToken);
            await PendingOfClients().AllEndedAsync(cancellationToken);

            // Ending grains may call others, so there may be new ones to end.
            while (Targets is { Length: > 0 } targets)
            {
                var reason = new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The silo is stopping.");
                await targets.Select(t => t.EndAsync(reason, cancellationToken)).AllEndedAsync(cancellationToken);
                foreach (var id in _targets.Where(static t => t.Value is WorkerPool { Count: 0 }).Select(static t => t.Key).ToArray())
                    _targets.Remove(id);
            }
        }
        catch (OperationCanceledException)
        {
            LogStoppedHard(Name, Targets.Sum(static t => t.Count));
        }

        End("has stopped");
    }

    /// <summary>Ends as a killed process does: nothing of it runs any more, and nobody is told but its own callers.</summary>
    internal void Crash() => End("was killed");

    /// <summary>Loses sight of an activation without ending it, and gives it to whoever still has its address.</summary>
    internal IRequestTarget? Lose(GrainId id) => _targets.Remove(id, out var lost) ? lost : null;

    /// <summary>Whether this silo has the grain, whatever the directory says.</summary>
    internal bool Has(GrainId id) => _targets.ContainsKey(id);

    /// <summary>Ends what was idle for this long, or for as long as its class says.</summary>
    internal void CollectIdle(TimeSpan? age)
    {
        foreach (var target in Targets) target.CollectIdle(age);
    }

    private void End(string how)
    {
        State = SiloState.Stopped;
        _collector?.Dispose();
        _cluster.Directory.Leave(this);
        Streams.Crash();
        Observers.Clear();
        foreach (var target in Targets) target.Crash();
        _targets.Clear();
        _cancellable.Clear();
        foreach (var call in _deadlines.Values.SelectMany(static d => d.Pending()))
            call.Fail(new SiloUnavailableException($"Silo {Name} {how}."));
    }

    private IEnumerable<Task> PendingOfClients() => _deadlines.Values
        .SelectMany(static d => d.Pending()).Where(static call => !call.IsOfGrain).Select(static call => call.Outcome);
}
