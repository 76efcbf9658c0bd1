namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>The control groups in which attempts can be limited. Each is null where this machine has none.</summary>
/// <param name="Memory">Limit memory.</param>
/// <param name="Processes">Limit the number of processes.</param>
/// <param name="Cpu">Count processor time.</param>
/// <param name="Weights">Give shares of the processors.</param>
/// <param name="CpuSets">Hold processes on cores.</param>
internal sealed record LimitHierarchies(
    CgroupHierarchy? Memory = null, CgroupHierarchy? Processes = null, CgroupHierarchy? Cpu = null,
    CgroupHierarchy? Weights = null, CgroupHierarchy? CpuSets = null)
{
    /// <summary>No control groups.</summary>
    internal static LimitHierarchies None { get; } = new();

    /// <summary>Removes this process's part of each of them.</summary>
    internal void Remove()
    {
        foreach (var hierarchy in new[] { Memory, Processes, Cpu, Weights, CpuSets }.Distinct()) hierarchy?.Remove();
    }
}
