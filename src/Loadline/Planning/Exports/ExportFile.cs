namespace Loadline.Planning;

/// <summary>A file of an export.</summary>
/// <param name="Name">Without a folder.</param>
/// <param name="Text">With <c>\n</c> at the end of every line.</param>
/// <param name="IsExecutable">True for a script that is run by its name.</param>
public sealed record ExportFile(string Name, string Text, bool IsExecutable);
