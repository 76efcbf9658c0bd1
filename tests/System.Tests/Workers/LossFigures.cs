namespace OrleansTasks.System.Tests.Workers;

/// <summary>What one round of losses has come to.</summary>
/// <param name="Killed">Milliseconds from the kill of a worker until its task ran elsewhere.</param>
/// <param name="Stopped">The same of the tasks of a worker that was stopped.</param>
/// <param name="Survives">Whether the killed worker's process was left.</param>
internal sealed record LossFigures(double Killed, double[] Stopped, bool Survives);
