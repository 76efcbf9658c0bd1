using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Store;

/// <summary>A part of a job's progress.</summary>
internal sealed record ProgressPart(TaskId Job, long Version, int No, ReadOnlyMemory<byte> Bytes);
