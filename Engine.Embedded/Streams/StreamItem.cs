using Orleans.Streams;

namespace OrleansTasks.Engine.Embedded;

/// <summary>An item on its way, with its place and what travels with it.</summary>
internal sealed record StreamItem(object Value, StreamSequenceToken Token, Dictionary<string, object>? Context);
