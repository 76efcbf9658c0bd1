namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// One view of all silos on where each grain is. A killed silo keeps its grains until it is declared dead, as the directory of a
/// cluster does.
/// </summary>
internal sealed class SimDirectory(SimRandom chance, TimeProvider clock)
{
    private static readonly TimeSpan ShortestMemory = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestMemory = TimeSpan.FromSeconds(10);
    private readonly Dictionary<(GrainHost Caller, GrainId Id), Memory> _caches = [];
    private readonly List<GrainHost> _hosts = [];
    private readonly Dictionary<string, GrainHost> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<GrainId, GrainHost> _homes = [];

    /// <summary>Silos that were killed and count as alive.</summary>
    internal HashSet<GrainHost> Undeclared { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Silos that were declared dead, live, and do not know it yet: for themselves they still have their grains.</summary>
    internal HashSet<GrainHost> Doomed { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Silos that only call: they get no grains.</summary>
    internal HashSet<GrainHost> Clients { get; } = new(ReferenceEqualityComparer.Instance);

    internal void Join(GrainHost silo)
    {
        _members.Add(silo.Name, silo);
        if (!Clients.Contains(silo)) _hosts.Add(silo);
    }

    internal void Leave(GrainHost silo)
    {
        if (!Undeclared.Contains(silo)) Remove(silo);
    }

    /// <summary>Whether the membership counts the silo among those that have grains.</summary>
    internal bool IsHost(GrainHost silo) => _hosts.Contains(silo);

    /// <summary>The membership says that the silo is dead.</summary>
    internal void Remove(GrainHost silo)
    {
        Undeclared.Remove(silo);
        _hosts.Remove(silo);
        if (_members.GetValueOrDefault(silo.Name) == silo) _members.Remove(silo.Name);
        foreach (var id in _homes.Where(h => h.Value == silo).Select(static h => h.Key).ToArray()) _homes.Remove(id);
    }

    internal GrainHost Locate(GrainId id, GrainHost caller)
    {
        if (Cached(id, caller) is { } memory) return memory.Home;
        if (Doomed.Contains(caller) && caller.Has(id)) return caller;
        if (_homes.TryGetValue(id, out var home)) return home;
        if (_hosts.Count == 0) throw new SiloUnavailableException("No silo is up.");
        var grainClass = caller.Types[id.Type];
        var isLocal = grainClass.Workers is not null || grainClass.PrefersLocal;
        if (isLocal && _hosts.Contains(caller)) home = caller;
        else home = _hosts[chance.Next(_hosts.Count)];
        if (grainClass.Workers is null) _homes.Add(id, home);
        return home;
    }

    internal void Remove(GrainId id, GrainHost silo)
    {
        if (_homes.TryGetValue(id, out var home) && home == silo) _homes.Remove(id);
    }

    internal GrainHost? Named(string name) => _members.GetValueOrDefault(name);

    internal IRequestTarget? Remembered(GrainId id, GrainHost caller) => Cached(id, caller)?.Target;

    /// <summary>
    /// Loses sight of a grain. Its activation lives on, and half of the silos still send it what they have for the grain, until
    /// their caches forget it too.
    /// </summary>
    internal bool Forget(GrainId id)
    {
        if (!_homes.Remove(id, out var home) || home.Lose(id) is not { } lost) return false;
        foreach (var caller in _members.Values.OrderBy(static m => m.Name, StringComparer.Ordinal))
        {
            if (caller == home || !chance.Happens(0.5)) continue;
            var wait = chance.Between(ShortestMemory, LongestMemory);
            _caches[(caller, id)] = new Memory(home, lost, clock.GetUtcNow() + wait);
        }

        return true;
    }

    private Memory? Cached(GrainId id, GrainHost caller)
    {
        if (_caches.Count == 0 || !_caches.TryGetValue((caller, id), out var memory)) return null;
        var isOver = memory.Until <= clock.GetUtcNow() || memory.Home.State == SiloState.Stopped
            || memory.Target is Activation { IsOver: true };
        if (!isOver) return memory;
        _caches.Remove((caller, id));
        return null;
    }

    private sealed record Memory(GrainHost Home, IRequestTarget Target, DateTimeOffset Until);
}
