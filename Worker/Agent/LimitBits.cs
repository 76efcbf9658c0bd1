namespace OrleansTasks.Worker.Agent;

/// <summary>The limits a worker can enforce, as the worker plane writes them.</summary>
public static class LimitBits
{
    /// <summary>
    /// The bits of limits that are named as in a task's <c>limits</c>; other names count for nothing.
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
