using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Names an attempt that has output in the <see cref="IOutputStore"/>, once for both of its streams.
/// <see cref="IOutputStore.List"/> returns it to the silo's sweep, which deletes the output if no stored attempt needs
/// it. The attempt or its task may not exist any more.
/// </summary>
/// <param name="Task">The task.</param>
/// <param name="Attempt">The attempt's number.</param>
/// <param name="Token">
/// The lease token of the attempt. The number alone is not enough: an attempt that is put back before its start gives
/// its number to another attempt, with another token.
/// </param>
public readonly record struct OutputFiles(TaskId Task, int Attempt, LeaseToken Token);
