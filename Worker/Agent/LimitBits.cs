namespace OrleansTasks.Worker.Agent;

/// <summary>The limits that a worker can enforce, as bits of the worker plane.</summary>
public static class LimitBits
{
    /// <summary>
    /// Returns the bits of limits by their names in a task's <c>limits</c>; unknown names are ignored.
    /// </summary>
    public static uint Of(IEnumerable<string> names) => names.Aggregate(0u, static (bits, name) => bits | name switch
    {
        "memoryBytes" => 1u,
        "cpuTime" => 2u,
        "processes" => 4u,
        "openFiles" => 8u,
        _ => 0u,
    });
}
