using Orleans.Runtime;
namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// One view of all silos on where each grain is. A killed silo keeps its grains until it is declared dead, as the
/// directory of a cluster does.
/// </summary>
internal sealed class SimDirectory(SimRandom chance, TimeProvider clock) : IGrainDirectory
{
    private static readonly TimeSpan ShortestMemory = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestMemory = TimeSpan.FromSeconds(10);
    private readonly Dictionary<(EmbeddedSilo Caller, GrainId Id), Memory> _caches = [];
    private readonly List<EmbeddedSilo> _hosts = [];
    private readonly Dictionary<string, EmbeddedSilo> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<GrainId, EmbeddedSilo> _homes = [];

    /// <summary>Silos that were killed and count as alive.</summary>
    internal HashSet<EmbeddedSilo> Undeclared { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Silos that were declared dead, live, and do not know it yet: for themselves they still have their grains.</summary>
    internal HashSet<EmbeddedSilo> Doomed { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Silos that only call: they get no grains.</summary>
    internal HashSet<EmbeddedSilo> Clients { get; } = new(ReferenceEqualityComparer.Instance);

    public void Join(EmbeddedSilo silo)
    {
        _members.Add(silo.Name, silo);
        if (!Clients.Contains(silo)) _hosts.Add(silo);
    }

    public void Leave(EmbeddedSilo silo)
    {
        if (!Undeclared.Contains(silo)) Remove(silo);
    }

    /// <summary>Whether the membership counts the silo among those that have grains.</summary>
    internal bool IsHost(EmbeddedSilo silo) => _hosts.Contains(silo);

    /// <summary>The membership says that the silo is dead.</summary>
    internal void Remove(EmbeddedSilo silo)
    {
        Undeclared.Remove(silo);
        _hosts.Remove(silo);
        if (_members.GetValueOrDefault(silo.Name) == silo) _members.Remove(silo.Name);
        foreach (var id in _homes.Where(h => h.Value == silo).Select(static h => h.Key).ToArray()) _homes.Remove(id);
    }

    public EmbeddedSilo Locate(GrainId id, EmbeddedSilo caller)
    {
        if (Cached(id, caller) is { } memory) return memory.Home;
        if (Doomed.Contains(caller) && caller.Has(id)) return caller;
        if (_homes.TryGetValue(id, out var home)) return home;
        if (_hosts.Count == 0) throw new SiloUnavailableException("No silo is up.");
        var grainClass = caller.Classes[id.TypeName];
        var isLocal = grainClass.Workers is not null || grainClass.PrefersLocal;
        if (isLocal && _hosts.Contains(caller)) home = caller;
        else home = _hosts[chance.Next(_hosts.Count)];
        if (grainClass.Workers is null) _homes.Add(id, home);
        return home;
    }

    public void Remove(GrainId id, EmbeddedSilo silo)
    {
        if (_homes.TryGetValue(id, out var home) && home == silo) _homes.Remove(id);
    }

    public EmbeddedSilo? Named(ReadOnlySpan<char> name) =>
        _members.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var silo) ? silo : null;

    public IRequestTarget? Remembered(GrainId id, EmbeddedSilo caller) => Cached(id, caller)?.Target;

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

    private Memory? Cached(GrainId id, EmbeddedSilo caller)
    {
        if (_caches.Count == 0 || !_caches.TryGetValue((caller, id), out var memory)) return null;
        var isOver = memory.Until <= clock.GetUtcNow() || memory.Home.State == SiloState.Stopped
            || memory.Target is Activation { IsOver: true };
        if (!isOver) return memory;
        _caches.Remove((caller, id));
        return null;
    }

    private sealed record Memory(EmbeddedSilo Home, IRequestTarget Target, DateTimeOffset Until);
}
