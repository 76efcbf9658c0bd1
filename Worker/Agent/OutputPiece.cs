namespace OrleansTasks.Worker.Agent;

/// <summary>The output of one attempt in one message.</summary>
/// <param name="Output">The attempt's output.</param>
/// <param name="Bytes">The number of bytes.</param>
/// <param name="Arrays">The arrays that hold the bytes.</param>
internal sealed record OutputPiece(OutputBuffer Output, int Bytes, IReadOnlyList<byte[]> Arrays);
