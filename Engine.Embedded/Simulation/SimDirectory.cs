using Orleans.Runtime;
namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// One view of all silos on where each grain is. A killed silo keeps its grains until it is declared dead, as the
/// directory of a cluster does.
/// </summary>
internal sealed class SimDirectory(SimRandom chance) : IGrainDirectory
{
    private readonly List<EmbeddedSilo> _hosts = [];
    private readonly Dictionary<string, EmbeddedSilo> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<GrainId, EmbeddedSilo> _homes = [];

    /// <summary>Silos that were killed and count as alive.</summary>
    internal HashSet<EmbeddedSilo> Undeclared { get; } = new(ReferenceEqualityComparer.Instance);

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

    /// <summary>Loses sight of a grain; its activation lives on.</summary>
    internal bool Forget(GrainId id) => _homes.Remove(id, out var home) && home.Forget(id);
}
