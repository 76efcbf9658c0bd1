using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tasks;

/// <summary>What became of a submission: accepted when there is neither a refusal nor a replay.</summary>
/// <param name="Refusal">Why nothing was accepted, or why nobody knows.</param>
/// <param name="Replay">The stored first answer to the same idempotency key; empty when it is not a replay.</param>
public readonly record struct SubmitVerdict(Problem? Refusal, ReadOnlyMemory<byte> Replay);
