namespace OrleansTasks.Engine.Tests;

/// <summary>A message that can be changed after it was sent.</summary>
[GenerateSerializer]
[Alias("engine-tests.mutable")]
public sealed class MutableMessage
{
    [Id(0)]
    public string Text { get; set; } = "";

    [Id(1)]
    public List<int> Numbers { get; set; } = [];

    [Id(2)]
    public MutableMessage? Inner { get; set; }
}

/// <summary>A message as they should be.</summary>
/// <param name="Number">A number.</param>
/// <param name="Text">A text.</param>
[GenerateSerializer]
[Immutable]
[Alias("engine-tests.fixed")]
public sealed record FixedMessage([property: Id(0)] int Number, [property: Id(1)] string Text);

/// <summary>What cannot be sent.</summary>
public sealed class Unsendable
{
    public int Number { get; set; }
}

/// <summary>An exception that can be sent whole.</summary>
[GenerateSerializer]
[Alias("engine-tests.refused")]
public sealed class RefusedException(string message, int code) : Exception(message)
{
    [Id(0)]
    public int Code { get; set; } = code;
}

/// <summary>An exception that no serializer knows.</summary>
public sealed class UnsendableException : Exception;
