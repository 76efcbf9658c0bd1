using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>A message of output, from its assembly until it is stored.</summary>
internal sealed class OutputMessage(string nodeId)
{
    /// <summary>The message to send.</summary>
    internal OutputChunks Chunks { get; } = new() { NodeId = nodeId };

    /// <summary>The pieces that the message consists of, one for each attempt.</summary>
    internal List<OutputPiece> Pieces { get; } = [];

    /// <summary>The number of bytes of output in the message.</summary>
    internal long Bytes { get; private set; }

    /// <summary>How often the message was sent.</summary>
    internal int Tries { get; set; }

    /// <summary>Adds an attempt's waiting output, if any.</summary>
    internal void Take(OutputBuffer output)
    {
        if (output.Take(Chunks) is not { } piece)
            return;
        Pieces.Add(piece);
        Bytes += piece.Bytes;
    }

    /// <summary>
    /// To be called when the master has stored the message. Frees the attempts' room. Returns arrays to the pool unless
    /// the message was sent more than once, because an earlier stream may still read them.
    /// </summary>
    internal void Stored()
    {
        foreach (var piece in Pieces)
            piece.Output.Stored(piece, reuse: Tries == 1);
    }
}
