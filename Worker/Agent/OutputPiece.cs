namespace OrleansTasks.Worker.Agent;

/// <summary>What one message carries of one attempt.</summary>
/// <param name="Output">Whose it is.</param>
/// <param name="Bytes">How much.</param>
/// <param name="Arrays">Where the bytes are.</param>
internal sealed record OutputPiece(AttemptOutput Output, int Bytes, IReadOnlyList<byte[]> Arrays);
