using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>A message of output, from when it is taken until it is stored.</summary>
internal sealed class OutputMessage(string nodeId)
{
    /// <summary>What is sent.</summary>
    internal OutputChunks Chunks { get; } = new() { NodeId = nodeId };

    /// <summary>What it is made of, an attempt each.</summary>
    internal List<OutputPiece> Pieces { get; } = [];

    /// <summary>How much output it carries.</summary>
    internal long Bytes { get; private set; }

    /// <summary>How often it was sent.</summary>
    internal int Tries { get; set; }

    /// <summary>Takes what waits of an attempt, if anything does.</summary>
    internal void Take(AttemptOutput output)
    {
        if (output.Take(Chunks) is not { } piece)
            return;
        Pieces.Add(piece);
        Bytes += piece.Bytes;
    }

    /// <summary>The master has stored it: the attempts have room again, and arrays that nobody else can hold are used again.</summary>
    internal void Stored()
    {
        foreach (var piece in Pieces)
            piece.Output.Stored(piece, reuse: Tries == 1);
    }
}
