namespace OrleansTasks.Bench.Scenarios.Floods;

/// <summary>Something that one caller does to a service without measure.</summary>
/// <param name="Name">What <c>OTASK_BENCH_FLOOD</c> calls it.</param>
/// <param name="Summary">What is sent.</param>
/// <param name="Prepare">Brings the service to where the flood can begin; not measured.</param>
/// <param name="Send">Sends it, and ends when everything was answered or given up.</param>
public sealed record Flood(string Name, string Summary, Func<Flooder, Task> Prepare, Func<Flooder, Task> Send);
