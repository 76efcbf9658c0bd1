using System.Runtime.CompilerServices;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// Sets the grain context of this thread, which the constructor of <see cref="Grain"/> and call chains read. Orleans keeps it
/// internal; it is the only internal of Orleans that the simulation uses.
/// </summary>
internal static class OrleansContext
{
    private const string RuntimeContext = "Orleans.Runtime.RuntimeContext, Orleans.Core.Abstractions";

    internal static IGrainContext? Current => Get(null);

    internal static void Set(IGrainContext? context) => Reset(null, context);

    /// <summary>Fails with a clear message when this version of Orleans has changed the internal.</summary>
    internal static void Require()
    {
        try
        {
            var before = Current;
            Set(before);
        }
        catch (Exception failure) when (failure is MissingMethodException or TypeLoadException or MissingMemberException)
        {
            throw new SimulationException(
                $"{typeof(Grain).Assembly.GetName()} has no RuntimeContext.ResetExecutionContext(IGrainContext) and Current: "
                + "the simulation sets the runtime context of turns by them. Adapt OrleansContext.", failure);
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "ResetExecutionContext")]
    private static extern void Reset([UnsafeAccessorType(RuntimeContext)] object? type, IGrainContext? context);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "get_Current")]
    private static extern IGrainContext? Get([UnsafeAccessorType(RuntimeContext)] object? type);
}
