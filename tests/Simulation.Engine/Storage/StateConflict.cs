using System.Runtime.CompilerServices;
using Orleans.Storage;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// A grain that lets out the exception of an outdated ETag is deactivated, so that its next activation reads the state
/// anew. Orleans marks the exception, so that grains that pass it on stay active; the mark is internal.
/// </summary>
internal static class StateConflict
{
    internal static void Raise(InconsistentStateException conflict, Activation activation)
    {
        if (!IsFirst(conflict)) return;
        Mark(conflict, false);
        activation.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, conflict.Message));
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_IsSourceActivation")]
    private static extern bool IsFirst(InconsistentStateException conflict);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_IsSourceActivation")]
    private static extern void Mark(InconsistentStateException conflict, bool isFirst);
}
