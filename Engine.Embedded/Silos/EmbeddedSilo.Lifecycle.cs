using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Beginning and end of a silo, and its faults.</summary>
internal sealed partial class EmbeddedSilo
{
    private volatile SiloState _state;
    private ITimer? _collector;

    internal SiloState State => _state;

    internal void Start()
    {
        if (_state != SiloState.Created) throw new InvalidOperationException($"The engine is {_state}.");
        IncomingFilters = [.. Services.GetServices<IIncomingGrainCallFilter>()];
        OutgoingFilters = [.. Services.GetServices<IOutgoingGrainCallFilter>()];
        _directory.Join(this);
        var quantum = Options.CollectionQuantum;
        _collector = Clock.CreateCleanTimer(
            static silo => ((EmbeddedSilo)silo!).CollectIdle(null), this, quantum, quantum);
        _state = SiloState.Running;
        LogStarted(Name, Classes.All.Count());
    }

    /// <summary>
    /// Ends in order: clients' calls are refused, those under way get their answers, then every activation ends. What
    /// is not done when the token is cancelled ends as in a crash.
    /// </summary>
    internal async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_state != SiloState.Running)
        {
            _state = SiloState.Stopped;
            return;
        }

        _state = SiloState.Stopping;
        LogStopping(Name);
        try
        {
            await Streams.StopAsync(cancellationToken);
            await PendingOfClients().AllEndedAsync(cancellationToken);

            // Ending grains may call others, so there may be new ones to end.
            while (Targets is { Length: > 0 } targets)
            {
                var reason = new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The engine is stopping.");
                await targets.Select(t => t.EndAsync(reason, cancellationToken)).AllEndedAsync(cancellationToken);
                foreach (var target in targets) RemoveEmpty(target);
            }
        }
        catch (OperationCanceledException)
        {
            LogStoppedHard(Name, Targets.Sum(t => t.Count));
        }

        End("has stopped");
        LogStopped(Name);
    }

    /// <summary>
    /// Ends as a killed process does: nothing of it runs any more, and nobody is told but the callers.
    /// </summary>
    internal void Crash() => End("was killed");

    /// <summary>After a crash, takes calls again, as a process started anew.</summary>
    internal void Restart()
    {
        if (_state != SiloState.Stopped) throw new InvalidOperationException($"The engine is {_state}.");
        _state = SiloState.Created;
        Start();
    }

    /// <summary>Loses sight of an activation without ending it: the next call makes a second one.</summary>
    internal bool Forget(GrainId id) => Lose(id) is not null;

    /// <summary>Loses sight of an activation as <see cref="Forget"/> does, and gives it to whoever still has its address.</summary>
    internal IRequestTarget? Lose(GrainId id) => _targets.TryRemove(id, out var lost) ? lost : null;

    /// <summary>Whether this silo has the grain, whatever the directory says.</summary>
    internal bool Has(GrainId id) => _targets.ContainsKey(id);

    /// <summary>Ends what was idle for this long, or for as long as its class says.</summary>
    internal void CollectIdle(TimeSpan? age)
    {
        foreach (var target in Targets) target.CollectIdle(age);
    }

    private void End(string how)
    {
        _state = SiloState.Stopped;
        _collector?.Dispose();
        _directory.Leave(this);
        Streams.Crash();
        Observers.Clear();
        foreach (var target in Targets) target.Crash();
        _targets.Clear();
        foreach (var call in _deadlines.Values.OrderBy(static d => d.Timeout).SelectMany(static d => d.Pending()))
            call.Decide(new SiloUnavailableException($"Silo {Name} {how}."));
    }

    private IEnumerable<Task> PendingOfClients() =>
        _deadlines.Values.OrderBy(static d => d.Timeout).SelectMany(static d => d.Pending()).Where(c => c.Source is null).Select(c => c.Outcome);

    private void RemoveEmpty(IRequestTarget target)
    {
        if (target is WorkerPool { Count: 0 } pool) _targets.TryRemove(new(pool.Id, pool));
    }
}
