using System.Diagnostics.CodeAnalysis;
using Orleans.Metadata;
using Orleans.Runtime.Placement;
using OrleansTasks.Silo.Upkeep;

namespace OrleansTasks.Silo.Engine;

/// <summary>Places each dispatcher on its queue's home, whichever silo makes the first call.</summary>
internal sealed class OrleansHomePlacement : PlacementStrategy;

/// <summary>Chooses the silo on which a dispatcher is activated (<see cref="OrleansHomePlacement"/>).</summary>
internal sealed class OrleansHomeDirector(SiloHomes homes) : IPlacementDirector
{
    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        var home = homes.Of(target.GrainIdentity.Key.ToString()!);
        var chosen = Array.Find(silos, silo => OrleansOwnMembership.NameOf(silo) == home)
            // The home has just left, or this silo does not know it yet. Any silo will do; the queue moves later.
            ?? Array.Find(silos, context.LocalSilo.Equals)
            ?? silos[0];
        return Task.FromResult(chosen);
    }
}

/// <summary>
/// Selects this placement for dispatchers, so that grain classes need not depend on Orleans placement.
/// </summary>
internal sealed class OrleansHomeResolver : IPlacementStrategyResolver
{
    private static readonly GrainType Dispatcher = GrainType.Create("task-dispatcher");
    private readonly OrleansHomePlacement placement = new();

    /// <inheritdoc/>
    public bool TryResolvePlacementStrategy(
        GrainType grainType, GrainProperties? properties, [MaybeNullWhen(false)] out PlacementStrategy result)
    {
        result = grainType == Dispatcher ? placement : null;
        return result is not null;
    }
}
