namespace OrleansTasks.Silo.Hosting;

/// <summary>An option that can say what value it takes.</summary>
internal interface INamesItsValue
{
    /// <summary>The option, such as <c>--http</c>.</summary>
    string Name { get; }

    /// <summary>What it takes, to follow the word "takes".</summary>
    string Takes { get; }
}
