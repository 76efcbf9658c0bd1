using Orleans.Runtime;
using OrleansTasks.Engine.Embedded;

namespace Orleans;

/// <summary>Identity of grains and of references to them.</summary>
public static class GrainExtensions
{
    /// <summary>The key of a grain or of a reference to one.</summary>
    /// <param name="grain">The grain or the reference.</param>
    /// <returns>The key as it was given to <see cref="IGrainFactory.GetGrain{TGrainInterface}"/>.</returns>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static string GetPrimaryKeyString(this IAddressable grain) => grain.GetGrainId().KeyText;

    /// <summary>The identity of a grain or of a reference to one.</summary>
    /// <param name="grain">The grain or the reference.</param>
    /// <returns>The identity.</returns>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static GrainId GetGrainId(this IAddressable grain) => grain switch
    {
        Grain instance => instance.GrainContext.GrainId,
        Reference reference => reference.Id,
        IGrainBase other => other.GrainContext.GrainId,
        null => throw new ArgumentNullException(nameof(grain)),
        _ => throw new ArgumentException($"{grain.GetType()} is neither a grain nor a reference.", nameof(grain)),
    };

    /// <summary>A reference to the same grain by another of its interfaces, or by a grain to itself.</summary>
    /// <typeparam name="TGrainInterface">The interface.</typeparam>
    /// <param name="grain">The grain or the reference.</param>
    /// <returns>The reference.</returns>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain) => grain switch
    {
        IGrainBase instance =>
            ((Activation)instance.GrainContext).Silo.References.Get<TGrainInterface>(grain.GetGrainId()),
        Reference reference => reference.Silo.References.Get<TGrainInterface>(reference.Id),
        null => throw new ArgumentNullException(nameof(grain)),
        _ => throw new ArgumentException($"{grain.GetType()} is neither a grain nor a reference.", nameof(grain)),
    };
}
